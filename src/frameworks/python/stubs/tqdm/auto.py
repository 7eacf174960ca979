from tqdm.std import tqdm
