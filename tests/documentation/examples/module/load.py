from mymodule import MyModule
app.add_module(MyModule)
