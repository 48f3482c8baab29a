"""The demo: all features on a real API server and a local AWS, with explanations (`make demo`). Exits non-zero if a step fails."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import aws
from cluster import Cluster, Operator
from console import DemoFailure, chapter, command, good, output, refused, tell, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "dev" / "samples"
SAMPLE_KEYS = {
    "billing data": "us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "orders data": "us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    "orders backup": "us-east-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321",
    "orders data, replica": "us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    "orders backup, us-west-2": "us-west-2:111122223333:key/11112222-3333-4444-5555-666677778888",
}


class Demo:
    def __init__(self, cluster: Cluster, account: aws.Account) -> None:
        self.cluster = cluster
        self.account = account
        self.keys: dict[str, str] = {}

    def run(self, operator: Operator) -> None:
        self.prepare_aws(operator)
        self.install(operator)
        self.enable()
        self.check_status()
        self.forbidden_edits()
        self.lose_and_recover_a_key()
        self.replicate()
        self.try_to_recreate()

    # -- the steps ----------------------------------------------------------------------------------------------------

    def prepare_aws(self, operator: Operator) -> None:
        chapter(1, "Keys and roles in AWS")
        operator.credentials = self.account.create_roles()
        self.keys["billing data"] = self.account.create_key("billing data")
        self.keys["orders data"] = self.account.create_key("orders data", multi_region=True)
        self.keys["orders backup"] = self.account.create_key("orders backup")
        self.keys["orders data, replica"] = self.account.replicate_key(self.keys["orders data"], "us-west-2")
        self.keys["orders backup, us-west-2"] = self.account.create_key("orders backup", "us-west-2")
        self.account.client("s3").create_bucket(Bucket="orders-backup")
        tell(
            """There are five customer-managed keys. Each key policy has a statement of another team. One key is a multi-region key with a
            replica in us-west-2. The bucket orders-backup exists; the operator creates the others. The operator runs as a user that may
            only assume the role cmek-operator."""
        )
        for name, arn in self.keys.items():
            output(f"{name:26} {arn}")

    def install(self, operator: Operator) -> None:
        chapter(2, "The operator")
        self.cluster.install()
        operator.start()
        wait_until("the operator is ready", operator.is_ready)

    def enable(self) -> None:
        chapter(3, "Three workgroups: without CMEK, with one key, with two keys")
        for name in ("10-workgroup-without-cmek", "20-workgroup-minimal", "30-workgroup-full"):
            self.apply(name)
        self.wait_for("wg/billing", "encryption is ENABLED", lambda s: s.get("encryption") == "ENABLED")
        self.wait_for("wg/orders", "encryption is ENABLED", lambda s: s.get("encryption") == "ENABLED")
        self.wait_for("wg/reports", "encryption is DISABLED", lambda s: s.get("encryption") == "DISABLED")
        self.show("get wg -o wide")

    def check_status(self) -> None:
        chapter(4, "The status, and the observed state in AWS")
        tell("One entry per key (R4):")
        self.show("get wg orders -o jsonpath={range .status.keys[*]}{.purpose}{'\\t'}{.state}{'\\t'}{.arn}{'\\n'}{end}")
        lines = self.status("wg/orders")["keys"]
        self.expect([line["state"] for line in lines] == ["ENABLED", "ENABLED"], "both keys are ENABLED")
        tell("The conditions of billing:")
        self.show(
            "get wg billing -o jsonpath={range .status.conditions[*]}{.type}{'='}{.status}{'  '}{.reason}{'\\n'}{end}"
        )
        tell("The key policy: the existing statements are unchanged, and the statements of the operator follow them.")
        policy = self.account.key_policy(self.keys["billing data"])
        command(f"aws kms get-key-policy --key-id {self.keys['billing data'].rsplit('/', 1)[1]}")
        output(json.dumps(policy, indent=2))
        others = aws.key_policy()["Statement"]
        self.expect(
            [aws.in_any_order(s) for s in policy["Statement"][: len(others)]] == [aws.in_any_order(s) for s in others],
            "the existing statements are unchanged, although KMS returns their lists in another order at each read",
        )
        encryption = self.account.bucket_encryption("billing-data")
        command("aws s3api get-bucket-encryption --bucket billing-data")
        output(json.dumps(encryption, indent=2))
        self.expect(
            encryption["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") == self.keys["billing data"]
            and encryption["BucketKeyEnabled"],
            "the default encryption of the bucket is the key, with the S3 Bucket Key on",
        )
        self.show("get storageclass cmek-default-billing -o yaml")

    def forbidden_edits(self) -> None:
        chapter(5, "CMEK is configured once: the API server rejects three edits")
        other = self.keys["orders backup"]
        self.refuse("billing", [{"op": "replace", "path": "/spec/cmek/dataBucketKeyID", "value": other}])
        self.refuse("orders", [{"op": "remove", "path": "/spec/cmek/backupBucketKeyID"}])
        self.refuse("reports", [{"op": "add", "path": "/spec/cmek", "value": {"dataBucketKeyID": other}}])

    def lose_and_recover_a_key(self) -> None:
        chapter(6, "An administrator disables a key")
        kms = self.account.client("kms")
        command(f"aws kms disable-key --key-id {self.keys['billing data'].rsplit('/', 1)[1]}")
        kms.disable_key(KeyId=self.keys["billing data"])
        self.wait_for("wg/billing", "encryption is DEGRADED", lambda s: s.get("encryption") == "DEGRADED")
        self.show("get wg billing")
        output(self.condition("wg/billing", "Ready")["message"])
        self.expect(self.condition("wg/billing", "Ready")["reason"] == "KeyDisabled", "the reason is KeyDisabled")
        command(f"aws kms enable-key --key-id {self.keys['billing data'].rsplit('/', 1)[1]}")
        kms.enable_key(KeyId=self.keys["billing data"])
        self.wait_for("wg/billing", "it recovers without user action", lambda s: s.get("encryption") == "ENABLED")
        self.show("get events --field-selector involvedObject.name=billing -o custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message")

    def replicate(self) -> None:
        chapter(7, "Replication: the secondary region needs CMEK first")
        tell("orders requests replication of two databases to us-west-2. A user adds a third one:")
        words = self.cluster.kubectl_with_warnings(
            "patch", "wg", "orders", "--type=json", "-p", '[{"op":"add","path":"/spec/replication/databases/-","value":"crm"}]'
        )
        refused(words)
        self.expect("Warning" in words and "ReplicaCmek" in words, "kubectl prints a warning")
        self.wait_for(
            "wg/orders", "all three are blocked", lambda s: len(s.get("replication", {}).get("blocked", [])) == 3
        )
        self.show("get wg orders -o jsonpath={.status.replication}")
        tell("The ReplicaCmek names the keys in us-west-2: the replica of the multi-region key, and a key for the backups.")
        self.apply("40-replicacmek")
        self.wait_for("rcmek/orders-us-west-2", "encryption of the secondary region is ENABLED", lambda s: s.get("encryption") == "ENABLED")
        self.wait_for(
            "wg/orders", "the databases are admitted", lambda s: len(s.get("replication", {}).get("admitted", [])) == 3
        )
        self.show("get wg,rcmek")
        self.expect(self.condition("wg/orders", "ReplicationAllowed")["reason"] == "SecondaryReady", "SecondaryReady")
        tell("Two policies (R9): statements on the keys of the secondary region, and an additional statement on the data key of the primary.")
        for name in ("orders data, replica", "orders data"):
            sids = [s.get("Sid", "") for s in self.account.key_policy(self.keys[name])["Statement"]]
            output(f"{name:22} {', '.join(sids)}")
        self.expect(
            any(s.get("Sid", "").endswith("ReplicationUse") for s in self.account.key_policy(self.keys["orders data"])["Statement"]),
            "the data key of the primary has the additional statement",
        )

    def try_to_recreate(self) -> None:
        chapter(8, "No way around it: delete the ReplicaCmek, and create it with other keys")
        self.show("delete rcmek orders-us-west-2 --wait=false")
        self.wait_for(
            "rcmek/orders-us-west-2",
            "the finalizer stays while databases replicate",
            lambda s: any(c["type"] == "Deletable" and c["status"] == "False" for c in s.get("conditions", [])),
        )
        output(self.condition("rcmek/orders-us-west-2", "Deletable")["message"])
        self.cluster.kubectl("patch", "wg", "orders", "--type=json", "-p", '[{"op":"remove","path":"/spec/replication/databases"}]')
        wait_until("without databases it is deleted", lambda: not self.cluster.exists("rcmek/orders-us-west-2"))
        other = self.account.create_key("another key", "us-west-2")
        text = self.sample("40-replicacmek").replace(self.keys["orders data, replica"], other)
        self.cluster.apply(text)
        self.wait_for(
            "rcmek/orders-us-west-2",
            "a ReplicaCmek with other keys is not accepted",
            lambda s: any(c["reason"] == "KeysDifferFromConfigured" for c in s.get("conditions", [])),
        )
        refused(self.condition("rcmek/orders-us-west-2", "Accepted")["message"])
        self.show("get rcmek")

    # -- helpers ------------------------------------------------------------------------------------------------------

    def sample(self, name: str) -> str:
        text = (SAMPLES / f"{name}.yaml").read_text()
        for key, written in SAMPLE_KEYS.items():
            text = text.replace(f"arn:aws:kms:{written}", self.keys[key])
        return text

    def apply(self, name: str) -> None:
        command(f"kubectl apply -f dev/samples/{name}.yaml")
        output(self.cluster.apply(self.sample(name)))

    def show(self, arguments: str) -> None:
        head, path, tail = arguments.partition("jsonpath=")
        command(f"kubectl {head}{path}" + (f'"{tail}"' if tail else ""))
        output(self.cluster.kubectl(*_words(arguments)))

    def status(self, what: str) -> dict:
        return json.loads(self.cluster.kubectl("get", what, "-o", "json")).get("status", {})

    def condition(self, what: str, kind: str) -> dict:
        return next(c for c in self.status(what)["conditions"] if c["type"] == kind)

    def wait_for(self, what: str, expectation: str, condition) -> None:
        wait_until(f"{what}: {expectation}", lambda: condition(self.status(what)))

    def refuse(self, workgroup: str, patch: list[dict]) -> None:
        words = json.dumps(patch)
        command(f"kubectl patch wg {workgroup} --type=json -p '{words}'")
        try:
            self.cluster.kubectl("patch", "wg", workgroup, "--type=json", "-p", words)
        except DemoFailure as failure:
            refused(str(failure))
        else:
            raise DemoFailure(f"the API server accepted the edit of {workgroup}")

    @staticmethod
    def expect(holds: bool, expectation: str) -> None:
        if not holds:
            raise DemoFailure(f"unexpected: not true that {expectation}")
        good(expectation)


def _words(arguments: str) -> list[str]:
    """Splits at spaces, except in the jsonpath, which is the last argument and can contain spaces."""
    head, path, tail = arguments.partition("jsonpath=")
    return head.split() if not path else [*head.split()[:-1], "-o", path + tail]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cmek-demo-") as folder, Cluster.start(Path(folder)) as cluster:
        with Operator(cluster) as operator:
            try:
                Demo(cluster, aws.Account(cluster.aws_endpoint)).run(operator)
            except DemoFailure as failure:
                print(f"\nThe demo failed: {failure}\n", file=sys.stderr)
                print(operator.log_tail(), file=sys.stderr)
                return 1
    print("\nThe demo is complete, and everything has stopped. `make up` starts the same environment for your own tests.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
