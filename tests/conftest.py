"""What every test shares: hypothesis without deadlines, because the machine is shared too."""

import os

from hypothesis import settings

settings.register_profile("everyday", deadline=None, print_blob=True)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))
