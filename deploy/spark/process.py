"""For `spark-submit --master URL process.py --workspace FOLDER`, with the options of `fairlead process`."""

import sys

from fairlead.cli.main import main

main(["process", "--engine", "spark", *sys.argv[1:]])
