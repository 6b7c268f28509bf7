import asab

if __name__ == '__main__':
    app = asab.Application()
    app.run()
