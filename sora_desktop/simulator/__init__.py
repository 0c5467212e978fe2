"""A provider on loopback: strict in its dialects, with a ledger, real clips, and faults on command.

It is never kinder than the published contracts. `command` is its command line, `control` how tests steer it.
"""
