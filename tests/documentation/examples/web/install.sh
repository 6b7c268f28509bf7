$ pip3 install aiohttp
