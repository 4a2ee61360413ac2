"""The program beside Cloud Custodian's engine: the same rules, the same instances, and who is flagged."""
