$ pip3 install asab
