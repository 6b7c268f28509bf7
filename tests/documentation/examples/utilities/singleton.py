import asab

class MyClass(metaclass=asab.Singleton):
    ...
