from click.termui import progressbar
