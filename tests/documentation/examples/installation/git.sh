$ pip install git+https://github.com/TeskaLabs/asab.git
