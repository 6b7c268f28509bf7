$ chmod a+x /etc/init.d/asab-app
$ rc-update add asab-app
