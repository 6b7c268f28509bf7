$ sudo systemctl enable asab
