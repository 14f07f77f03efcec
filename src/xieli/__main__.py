"""`python -m xieli`."""
from xieli.faces.cli.main import main

main()
