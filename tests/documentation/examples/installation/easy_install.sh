$ easy_install asab
