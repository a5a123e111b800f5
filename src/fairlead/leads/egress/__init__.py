"""The egress check: a second pair of eyes on the finished files of a package.

It knows nothing of how they were made. Whatever stands in a file must be what the register allows this country; what
nobody allowed is a finding, with the place where it stands. The findings never repeat what was found.
"""
