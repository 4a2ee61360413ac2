"""Launches, stops and terminates instances until it is killed, so that events never pause."""

import itertools
import signal
import sys
import time

import botocore.session


def main() -> None:
    ec2 = botocore.session.get_session().create_client("ec2")
    launched: list[str] = []
    for number in itertools.count():
        answer = ec2.run_instances(ImageId="ami-0123456789abcdef0", InstanceType="t3.nano", MinCount=1, MaxCount=1)
        launched.append(answer["Instances"][0]["InstanceId"])
        if number % 2:
            ec2.stop_instances(InstanceIds=launched[-1:])
        if len(launched) > 10:
            ec2.terminate_instances(InstanceIds=[launched.pop(0)])
        time.sleep(0.1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    main()
