"""Where the release build puts the programs."""
import os

_BUILD = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".build", "release")
NEEDLETAIL = os.path.join(_BUILD, "needletail")
STAND_IN = os.path.join(_BUILD, "stand-in-cluster")
