"""Makes the package that Cloud Custodian would deploy, by its own code.

usage: python package_custodian.py POLICY FOLDER

Leaves `package.zip` in the folder, and what is in it, unpacked.
"""

import sys
import zipfile
from pathlib import Path

from c7n.config import Config
from c7n.loader import PolicyLoader
from c7n.mu import PolicyLambda


def main() -> None:
    policy_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    options = Config.empty(
        region="us-east-1", account_id="123456789012", output_dir="s3://compliance-logs/custodian", metrics_enabled="aws"
    )
    (policy,) = PolicyLoader(options).load_file(str(policy_file))
    archive = PolicyLambda(policy).get_archive()
    package = folder / "package.zip"
    package.write_bytes(archive.get_bytes())
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder)


main()
