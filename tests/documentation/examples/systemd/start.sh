$ sudo service asab start
