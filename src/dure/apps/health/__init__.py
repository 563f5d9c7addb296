"""Health records that the patient governs, and care from a test at home to the medicine."""
