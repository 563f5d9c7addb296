"""The three contracts: letters of credit, bills of lading, receivables.

A letter of credit reaches bills of lading through an interface that it declares; neither imports
the other.
"""
