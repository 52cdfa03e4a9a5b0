"""Where the release build puts the programs."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_BUILD = os.path.join(ROOT, ".build", "release")
NEEDLETAIL = os.path.join(_BUILD, "needletail")
STAND_IN = os.path.join(_BUILD, "stand-in-cluster")
REPLAY = os.path.join(_BUILD, "chain-replay")
