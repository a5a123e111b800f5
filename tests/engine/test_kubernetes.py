"""What is sent to a Kubernetes cluster, held against the schemas of its API and against each other. No cluster is there."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.engine.kubernetes_api import Json, KubernetesApi, kubernetes_api
from tests.engine.spark_cluster import LOOPBACK, ROOT, needs_spark

FOLDER = ROOT / "deploy" / "spark"
VERSIONS = ("1.30", "1.37")
IMAGE = "registry.example/fairlead-spark:1"


def manifest(kind: str) -> list[Json]:
    documents = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    return [document for document in documents if kind in ("", document["kind"])]


def names(kind: str) -> set[str]:
    return {document["metadata"]["name"] for document in manifest(kind)}


def user_of_the_image() -> int:
    (uid,) = re.findall(r"useradd .*--uid (\d+) fairlead", (FOLDER / "Containerfile").read_text())
    return int(uid)


def submit(api: KubernetesApi, **environment: str) -> None:
    """Run the script as somebody does who may start pods; Spark waits until the driver's pod has ended."""
    home = Path(str(find_spec("pyspark").origin)).parent
    done = subprocess.run(
        ["bash", FOLDER / "submit-to-kubernetes.sh", api.url, IMAGE, "10", "--user", "holm"],
        env={
            "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK,
            "HOME": os.environ["HOME"], **environment,
        },
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def asked() -> KubernetesApi:
    with kubernetes_api() as api:
        submit(api)
        return api


@pytest.fixture(scope="module")
def asked_with_object_storage() -> KubernetesApi:
    with kubernetes_api() as api:
        submit(
            api,
            COMMAND="attribute",
            OBJECT_STORAGE="yes",
            AWS_ENDPOINT_URL="https://objects.example",
            AWS_REGION="eu-north-1",
        )
        return api


def properties(api: KubernetesApi) -> dict[str, str]:
    """What the driver will be told, executors' settings among it."""
    (held,) = (made["data"] for made in api.of_kind("ConfigMap") if "spark.properties" in made["data"])
    lines = held["spark.properties"].replace("\\:", ":").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifest_fits_the_schemas_of_the_api(version: str) -> None:
    documents = manifest("")
    assert len(documents) == 7
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(documents[0] | {"unknown": 1}, version, strict=True)


def test_the_manifest_is_one_namespace_whose_executors_cannot_reach_the_api() -> None:
    everywhere = {document["metadata"].get("namespace", "fairlead") for document in manifest("")}
    assert everywhere == names("Namespace") == {"fairlead"}
    (binding,) = manifest("RoleBinding")
    assert [subject["name"] for subject in binding["subjects"]] == ["fairlead-driver"]
    accounts = {account["metadata"]["name"]: account for account in manifest("ServiceAccount")}
    assert accounts["fairlead-executor"]["automountServiceAccountToken"] is False


@needs_spark
@pytest.mark.parametrize("version", VERSIONS)
def test_what_spark_asks_for_fits_the_schemas_of_the_api(asked: KubernetesApi, version: str) -> None:
    assert {path.split("/namespaces/")[1].split("/")[0] for path, _ in asked.made} == {"fairlead"}
    assert {made["kind"] for _, made in asked.made} == {"Pod", "Service", "NetworkPolicy", "ConfigMap"}
    for _, made in asked.made:
        kubernetes_validate.validate(made, version, strict=True)


@needs_spark
def test_the_driver_runs_the_image_with_the_accounts_volume_and_user_that_the_manifest_knows(
    asked: KubernetesApi,
) -> None:
    (pod,) = asked.of_kind("Pod")
    spec: Any = pod["spec"]
    (container,) = spec["containers"]
    assert container["image"] == IMAGE
    arguments = container["args"]
    assert arguments[-5] == "local:///opt/fairlead/process.py"
    copied = re.search(r"COPY (.*) /opt/fairlead/\n", (FOLDER / "Containerfile").read_text())
    assert copied is not None
    assert copied[1].split() == ["deploy/spark/process.py", "deploy/spark/attribute.py"]
    assert arguments[-4:] == ["--workspace", "/case/workspace", "--user", "holm"]
    assert spec["serviceAccountName"] in names("ServiceAccount")
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == user_of_the_image()
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (claim,) = (v["persistentVolumeClaim"]["claimName"] for v in spec["volumes"] if v["name"] == "case")
    assert claim in names("PersistentVolumeClaim")
    assert ("case", "/case") in {(mount["name"], mount["mountPath"]) for mount in container["volumeMounts"]}
    assert container["resources"]["limits"]["memory"] == "28672Mi"
    told = properties(asked)
    assert told["spark.kubernetes.authenticate.executor.serviceAccountName"] in names("ServiceAccount")
    assert told["spark.kubernetes.executor.volumes.persistentVolumeClaim.case.options.claimName"] == claim


@needs_spark
def test_executors_get_the_same_pod_beneath_spark_s_own(asked: KubernetesApi) -> None:
    ours = yaml.safe_load((FOLDER / "pod.yaml").read_text())
    held = [made["data"]["podspec-configmap-key"] for made in asked.of_kind("ConfigMap")
            if "podspec-configmap-key" in made["data"]]  # fmt: skip
    assert [yaml.safe_load(text) for text in held] == [ours]
    assert properties(asked)["spark.kubernetes.executor.podTemplateFile"].startswith(
        "/opt/spark/pod-template/"
    )


@needs_spark
def test_with_object_storage_executors_mount_nothing_and_keys_stay_in_their_secret(
    asked_with_object_storage: KubernetesApi,
) -> None:
    (pod,) = asked_with_object_storage.of_kind("Pod")
    assert "local:///opt/fairlead/attribute.py" in pod["spec"]["containers"][0]["args"]
    given = {each["name"]: each for each in pod["spec"]["containers"][0]["env"]}
    assert given["AWS_ENDPOINT_URL"]["value"] == "https://objects.example"
    for name, key in (("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")):
        assert given[name]["valueFrom"] == {"secretKeyRef": {"name": "object-storage", "key": key}}
    told = properties(asked_with_object_storage)
    assert told["spark.kubernetes.executor.secretKeyRef.AWS_SECRET_ACCESS_KEY"] == "object-storage:key"
    assert [name for name in told if ".executor.volumes." in name] == []
