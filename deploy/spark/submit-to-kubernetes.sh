#!/usr/bin/env bash
# Starts `fairlead process` on Kubernetes: submit-to-kubernetes.sh API_URL IMAGE EXECUTORS [options of fairlead process]
# The register is a PostgreSQL server (FAIRLEAD_DATABASE_URL); its URL is kept in the secret `register` of the namespace.
set -euo pipefail
api=$1 image=$2 executors=$3
shift 3
volumes=()
for side in driver executor; do
  volumes+=(
    --conf "spark.kubernetes.$side.volumes.persistentVolumeClaim.case.mount.path=/case"
    --conf "spark.kubernetes.$side.volumes.persistentVolumeClaim.case.options.claimName=case"
  )
done
exec spark-submit --master "k8s://$api" --deploy-mode cluster --name fairlead \
  --conf spark.kubernetes.namespace=fairlead \
  --conf spark.kubernetes.authenticate.driver.serviceAccountName=fairlead-driver \
  --conf spark.kubernetes.container.image="$image" \
  --conf spark.kubernetes.driver.secretKeyRef.FAIRLEAD_DATABASE_URL=register:url \
  --conf spark.executor.instances="$executors" \
  --conf spark.executor.cores=8 --conf spark.executor.memory=4g --conf spark.executor.memoryOverhead=24g \
  --conf spark.authenticate=true --conf spark.network.crypto.enabled=true \
  "${volumes[@]}" \
  local:///opt/fairlead/process.py --workspace /case/workspace "$@"
