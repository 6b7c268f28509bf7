$ pip install asab
