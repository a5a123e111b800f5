"""For `spark-submit --master URL attribute.py --workspace FOLDER`, with the options of `fairlead attribute`."""

import sys

from fairlead.cli.main import main

main(["attribute", "--engine", "spark", *sys.argv[1:]])
