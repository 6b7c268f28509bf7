$ sudo service asab stop
