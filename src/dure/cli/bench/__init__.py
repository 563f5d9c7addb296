"""`dure bench`: measurements that anybody can repeat."""
