"""The program compared with Cloud Custodian's engine: the same rules, the same instances, the same ones flagged."""
