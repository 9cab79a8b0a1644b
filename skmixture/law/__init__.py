"""What a law is: the contract of a family, and all that is written once for every one."""
