$ sudo vi /etc/systemd/system/asab.service
