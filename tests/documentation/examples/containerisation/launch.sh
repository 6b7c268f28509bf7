$ lxc launch images:alpine/3.8 asab
