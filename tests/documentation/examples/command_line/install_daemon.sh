$ pip3 install asab python-daemon
