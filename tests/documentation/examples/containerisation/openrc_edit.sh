$ vi /etc/init.d/asab-app
