"""Which of a repository's files a stack names."""

import time

import pytest

from dispatch.suspects.places import find_places, is_at

PYTHON = """Traceback (most recent call last):
  File "/app/shop/cli.py", line 12, in main
    total = orders.total(order)
  File "/usr/local/lib/python3.12/site-packages/click/core.py", line 1130, in main
    rv = self.invoke(ctx)
  File "/app/shop/orders.py", line 41, in total
    return price - discount
TypeError: unsupported operand"""
NODE = """TypeError: Cannot read properties of undefined (reading 'total')
    at total (/usr/src/app/dist/orders/total.js:41:13)
    at async Promise.all (index 0)
    at /usr/src/app/node_modules/express/lib/router/layer.js:95:5
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at main (file:///usr/src/app/dist/server.js:9:3)"""
WEBPACK = """Error: no such order
    at load (webpack://shop/./src/orders/load.ts?8a3b:12:9)
    at Module.page (webpack-internal:///(rsc)/./src/app/page.tsx:30:11)"""
GO = """panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
github.com/acme/shop/internal/orders.Total(...)
\t/build/internal/orders/total.go:41
github.com/acme/shop/cmd/shop.main()
\tgithub.com/acme/shop/cmd/shop/main.go:12 +0x1d
runtime.main()
\t/usr/local/go/src/runtime/proc.go:250 +0x1c
github.com/lib/pq.(*conn).query()
\t/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:620 +0x2a"""
JAVA = """java.lang.NullPointerException: order
\tat com.acme.shop.Orders.total(Orders.java:41)
\tat com.acme.shop.Orders$Lines.each(Orders.java:50)
\tat app//com.acme.shop.Main.main(Main.kt:9)
\tat java.base/java.lang.Thread.run(Thread.java:833)"""
RUBY = """/app/app/models/order.rb:41:in `total': undefined method (NoMethodError)
\tfrom /usr/local/bundle/gems/rack-2.2.8/lib/rack/builder.rb:10:in `call'
\tfrom /app/app/controllers/orders_controller.rb:9:in `show'"""


@pytest.mark.parametrize(
    ("stack", "files"),
    [
        (PYTHON, ["shop/orders.py:41", "shop/cli.py:12"]),
        (NODE, ["dist/orders/total.js:41", "dist/server.js:9"]),
        (WEBPACK, ["src/orders/load.ts:12", "src/app/page.tsx:30"]),
        (GO, ["internal/orders/total.go:41", "cmd/shop/main.go:12"]),
        (JAVA, ["com/acme/shop/Orders.java:41", "com/acme/shop/Main.kt:9", "java/lang/Thread.java:833"]),
        (RUBY, ["app/models/order.rb:41", "app/controllers/orders_controller.rb:9"]),
        ("#0 /var/www/html/src/Order.php(41): total()", ["src/Order.php:41"]),
        ("   at Shop.Orders.Total() in C:\\work\\shop\\Orders.cs:line 41", ["work/shop/Orders.cs:41"]),
        ("total@https://shop.example/static/app.js:41:7", ["static/app.js:41"]),
        ("Something went wrong at 10:42", []),
        ("", []),
    ],
)
def test_the_applications_own_places_are_found_where_it_arose_first(stack, files):
    assert [f"{'/'.join(place.path)}:{place.line}" for place in find_places(stack)] == files


@pytest.mark.parametrize(
    ("frame", "file"),
    [
        ('File "/app/shop/orders.py", line 41', "shop/orders.py"),
        ('File "/app/orders.py", line 41', "orders.py"),
        ('File "/app/shop/orders.py", line 41', "backend/shop/orders.py"),
        ('File "/mnt/data/releases/42/shop/orders.py", line 41', "shop/orders.py"),
        ('File "shop/orders.py", line 41', "shop/orders.py"),
        ('File "/home/ada/shop/orders/total.py", line 41', "orders/total.py"),
        ("at total (/usr/src/app/dist/orders/total.js:41:13)", "src/orders/total.ts"),
        ("at total (/app/packages/shop/dist/total.js:41:13)", "packages/shop/src/total.ts"),
        ("at total (/var/task/total.js:41:13)", "total.js"),
        ("at load (webpack://shop/./src/orders/load.ts?8a3b:12:9)", "src/orders/load.ts"),
        ("at Module.page (webpack-internal:///(rsc)/./src/app/page.tsx:30:11)", "web/src/app/page.tsx"),
        ("\t/build/internal/orders/total.go:41", "internal/orders/total.go"),
        ("\tgithub.com/acme/shop/internal/orders/total.go:41 +0x1d", "internal/orders/total.go"),
        ("\tat com.acme.shop.Orders.total(Orders.java:41)", "src/main/java/com/acme/shop/Orders.java"),
        ("/app/app/models/order.rb:41:in `total'", "app/models/order.rb"),
    ],
)
def test_a_file_of_the_repository_is_known_whatever_the_machine_called_it(frame, file):
    [place] = find_places(frame)

    assert is_at(place, file)


@pytest.mark.parametrize(
    ("frame", "file"),
    [
        ('File "/app/orders.py", line 41', "shop/orders.py"),
        ('File "/app/orders.py", line 41', "tests/test_orders.py"),
        ('File "/app/shop/orders.py", line 41', "orders.py"),
        ('File "/app/shop/orders.py", line 41', "workshop/orders.py"),
        ('File "/app/shop/orders.py", line 41', "shop/orders.pyi"),
        ('File "/app/billing/api/views.py", line 41', "api/views.py"),
        ('File "/app/billing/api/views.py", line 41', "shipping/api/views.py"),
        ('File "/mnt/data/orders.py", line 41', "orders.py"),
        ("at total (/usr/src/app/dist/index.js:41:13)", "packages/web/index.ts"),
        ("\tat com.acme.shop.Orders.total(Orders.java:41)", "src/main/java/org/other/Orders.java"),
        ("\tat com.acme.shop.Orders.total(Orders.java:41)", "Orders.java"),
    ],
)
def test_a_file_that_is_only_called_alike_is_another(frame, file):
    [place] = find_places(frame)

    assert not is_at(place, file)


@pytest.mark.parametrize(
    "hostile", ["a/" * 10_000, "a.py" * 5_000, ":1" * 10_000, 'File "' * 3_000, "at a.b" * 3_000, "((((" * 5_000, "." * 20_000]
)
def test_a_hostile_stack_takes_no_time(hostile):
    began = time.process_time()
    find_places(hostile)
    find_places(hostile.replace("a", "a\n"))

    assert time.process_time() - began < 0.5
