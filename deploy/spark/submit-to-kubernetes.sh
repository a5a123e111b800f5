#!/usr/bin/env bash
# Starts `fairlead process` on Kubernetes, or with COMMAND=attribute `fairlead attribute`:
# submit-to-kubernetes.sh API_URL IMAGE EXECUTORS [options of that command]
# The register is a PostgreSQL server (FAIRLEAD_DATABASE_URL); its URL is kept in the secret `register` of the namespace.
# In the image everybody is called fairlead: give --user NAME for the person who works.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
api=$1 image=$2 executors=$3
shift 3
# With tables and exhibits in object storage: set OBJECT_STORAGE=yes, AWS_ENDPOINT_URL and AWS_REGION here, and keep
# the keys in the secret `object-storage` (names id and key). Executors then mount nothing.
objects=() sides="driver executor"
if [ "${OBJECT_STORAGE:-}" = yes ]; then
  sides=driver
  for side in driver executor; do
    objects+=(
      --conf "spark.kubernetes.$side.secretKeyRef.AWS_ACCESS_KEY_ID=object-storage:id"
      --conf "spark.kubernetes.$side.secretKeyRef.AWS_SECRET_ACCESS_KEY=object-storage:key"
    )
  done
  objects+=(
    --conf "spark.kubernetes.driverEnv.AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL"
    --conf "spark.kubernetes.driverEnv.AWS_REGION=$AWS_REGION"
  )
fi
volumes=()
for side in $sides; do
  volumes+=(
    --conf "spark.kubernetes.$side.volumes.persistentVolumeClaim.case.mount.path=/case"
    --conf "spark.kubernetes.$side.volumes.persistentVolumeClaim.case.options.claimName=case"
  )
done
exec spark-submit --master "k8s://$api" --deploy-mode cluster --name fairlead \
  --conf spark.kubernetes.namespace=fairlead \
  --conf spark.kubernetes.authenticate.driver.serviceAccountName=fairlead-driver \
  --conf spark.kubernetes.authenticate.executor.serviceAccountName=fairlead-executor \
  --conf spark.kubernetes.driver.podTemplateFile="$here/pod.yaml" \
  --conf spark.kubernetes.executor.podTemplateFile="$here/pod.yaml" \
  --conf spark.kubernetes.container.image="$image" \
  --conf spark.kubernetes.driver.secretKeyRef.FAIRLEAD_DATABASE_URL=register:url \
  --conf spark.driver.cores=4 --conf spark.driver.memory=4g --conf spark.driver.memoryOverhead=24g \
  --conf spark.executor.instances="$executors" \
  --conf spark.executor.cores=8 --conf spark.executor.memory=4g --conf spark.executor.memoryOverhead=24g \
  --conf spark.authenticate=true --conf spark.network.crypto.enabled=true \
  "${volumes[@]}" "${objects[@]}" \
  "local:///opt/fairlead/${COMMAND:-process}.py" --workspace /case/workspace "$@"
