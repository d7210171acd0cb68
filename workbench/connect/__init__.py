"""The I/O of calling a merchant: sending, addresses, secrets, the settings of a deployment. Nothing else sends.

Import the modules themselves: `transport` needs httpx, the others do not.
"""
