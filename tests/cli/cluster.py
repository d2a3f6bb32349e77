"""A real API server of Kubernetes on its etcd, both in a network namespace.

scripts/fetch-kubernetes builds it, for make test-all alone.
"""
from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Optional

import yaml

from program import ROOT
from standin.netns import Netns
from standin.pki import Pki

BUILT = Path(os.environ.get("ECRBOX_KUBERNETES",
                            ROOT / "build" / "deps" / "kubernetes"))
NAME = "kubernetes.default.svc"
ADMIN = "administrators-token"
ETCD, PEER, PORT = 2379, 2380, 6443
CONFIG, CONFIG_TYPE = ".dockerconfigjson", "kubernetes.io/dockerconfigjson"
# Where each kind of what our examples have is found.
PLACES = {
    "Namespace": ("/api/v1", "namespaces", False),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "Secret": ("/api/v1", "secrets", True),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings",
                    True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles",
                    False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1",
                           "clusterrolebindings", False),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    # batch/v1 has it since Kubernetes 1.21, alike.
    "CronJob": ("/apis/batch/v1beta1", "cronjobs", True),
}


class Refused(Exception):
    def __init__(self, status: int, body: dict) -> None:
        super().__init__(f"{status}: {body.get('message')}")
        self.status, self.body = status, body


class Cluster:
    """It has no nodes, so that what is deployed is judged, not run."""

    def __init__(self, directory: Path, pki: Pki) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.pki = directory, pki
        self.ns = Netns()
        self._running: list[subprocess.Popen] = []
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        for process in reversed(self._running):
            process.kill()
            process.wait()
        self._running.clear()
        self.ns.close()

    def _run(self, name: str, *args: str) -> None:
        with open(self.directory / f"{name}.log", "wb") as log:
            self._running.append(subprocess.Popen(
                [*self.ns.prefix(), str(BUILT / name), *args],
                env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log))

    def _start(self) -> None:
        etcd = f"http://127.0.0.1:{ETCD}"
        self._run("etcd", f"--data-dir={self.directory}/etcd",
                  f"--listen-client-urls={etcd}",
                  f"--advertise-client-urls={etcd}",
                  f"--listen-peer-urls=http://127.0.0.1:{PEER}")
        chain, key = self.pki.leaf("kubernetes")
        tokens = self.directory / "tokens.csv"
        tokens.write_text(f"{ADMIN},admin,admin,system:masters\n")
        tokens.chmod(0o600)
        self._run(
            "kube-apiserver", f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1", f"--secure-port={PORT}",
            # Any that is not loopback's; nobody goes there.
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={self.directory}", f"--tls-cert-file={chain}",
            f"--tls-private-key-file={key}",
            f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--service-account-issuer=https://{NAME}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            # No nodes, no controllers: nobody makes a pod's account.
            "--disable-admission-plugins=ServiceAccount",
            "--profiling=false")
        end = time.monotonic() + 120
        while True:
            try:
                if self._exchange("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < end, self.log()
            assert self._running[-1].poll() is None, self.log()
            time.sleep(0.2)

    def log(self) -> str:
        return "".join((self.directory / f"{name}.log").read_text()[-2000:]
                       for name in ("etcd", "kube-apiserver"))

    # What an administrator does.

    def _exchange(self, method: str, path: str, body: bytes = b"",
                  kind: str = "application/json") -> tuple[int, bytes]:
        context = ssl.create_default_context(
            cafile=str(self.pki.root("cluster")[0]))
        with self.ns.entered():
            raw = socket.create_connection(("127.0.0.1", PORT), 30)
        link = http.client.HTTPConnection(NAME, timeout=30)
        link.sock = context.wrap_socket(raw, server_hostname=NAME)
        try:
            link.request(method, path, body, {
                "Authorization": f"Bearer {ADMIN}", "Content-Type": kind})
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def call(self, method: str, path: str, body: Optional[dict] = None
             ) -> dict:
        status, text = self._exchange(
            method, path, json.dumps(body).encode() if body else b"")
        said = json.loads(text)
        if status >= 300:
            raise Refused(status, said)
        return said

    def counted(self, name: str, **labels: str) -> int:
        """One of the server's own metrics, of all series with these
        labels."""
        total = 0.0
        for line in self._exchange("GET", "/metrics")[1].decode().split("\n"):
            if line.startswith(name + "{") and all(
                    f'{key}="{value}"' in line
                    for key, value in labels.items()):
                total += float(line.rpartition(" ")[2])
        return int(total)

    def apply(self, document: dict, namespace: str = "default",
              dry: bool = False) -> dict:
        """What kubectl apply does with what is not there yet."""
        group, plural, within = PLACES[document["kind"]]
        if document["kind"] == "CronJob":
            document = {**document, "apiVersion": "batch/v1beta1"}
        where = document["metadata"].get("namespace", namespace)
        path = f"{group}/namespaces/{where}/{plural}" if within \
            else f"{group}/{plural}"
        return self.call("POST", path + ("?dryRun=All" if dry else ""),
                         document)

    def apply_file(self, path: Path, namespace: str = "default") -> None:
        for document in yaml.safe_load_all(path.read_text()):
            self.apply(document, namespace)

    def namespace(self, name: str) -> None:
        self.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name}})

    def secret(self, name: str, namespace: str = "default") -> dict:
        return self.call(
            "GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def auths(self, name: str, namespace: str = "default") -> dict:
        data = self.secret(name, namespace)["data"][CONFIG]
        return json.loads(base64.b64decode(data))["auths"]

    def update(self, secret: dict, auths: dict,
               namespace: str = "default") -> None:
        """Refused where it has changed since it was read."""
        self.call("PUT", f"/api/v1/namespaces/{namespace}/secrets/"
                  f"{secret['metadata']['name']}",
                  {**secret, "stringData": {CONFIG: json.dumps(
                      {"auths": auths})}})

    def put(self, name: str, auths: dict, namespace: str = "default",
            labels: Optional[dict] = None, kind: str = CONFIG_TYPE) -> None:
        """A secret that is there already."""
        key = CONFIG if kind == CONFIG_TYPE else "key"
        self.apply({
            "apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": name, "labels": labels or {}},
            "stringData": {key: json.dumps({"auths": auths})}}, namespace)

    def delete(self, kind: str, name: str, namespace: str = "default"
               ) -> None:
        group, plural, within = PLACES[kind]
        self.call("DELETE", f"{group}/namespaces/{namespace}/{plural}/{name}"
                  if within else f"{group}/{plural}/{name}")

    # What a pod gets.

    def account(self, name: str = "ecr-login", namespace: str = "default"
                ) -> Path:
        """A directory as it is mounted into a pod of that account."""
        said = self.call(
            "POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"
            "/token", {"apiVersion": "authentication.k8s.io/v1",
                       "kind": "TokenRequest", "spec": {}})
        mount = self.directory / f"account-{namespace}-{name}"
        mount.mkdir(exist_ok=True)
        (mount / "ca.crt").write_text(
            self.pki.root("cluster")[0].read_text())
        (mount / "namespace").write_text(namespace)
        (mount / "token").write_text(said["status"]["token"])
        return mount

    env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1",
           "KUBERNETES_SERVICE_PORT": str(PORT)}
