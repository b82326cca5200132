"""Stacks of the same functions have the same shape, in every language that we know, whatever a deployment changes in them."""

import pytest

from dispatch.families.frames import frames_of

PYTHON = """\
Traceback (most recent call last):
  File "/srv/releases/20260101/app/checkout.py", line 58, in handle_checkout
    charge(card, amount)
  File "/usr/lib/python3.11/site-packages/tenacity/__init__.py", line 289, in wrapped_f
    return self(f, *args, **kw)
  File "/srv/releases/20260101/app/billing.py", line 142, in charge
    raise CardError(f"card {card.id} declined")
app.errors.CardError: card 12 declined"""
NODE = """\
Error: card_declined
    at ChargeService.charge (/app/src/services/billing.ts:142:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async Promise.all (index 0)
    at async handleCheckout (/app/src/api/routes/checkout.ts:58:3)
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at /app/dist/chunk-4f3a9b2c1d.js:1:20433"""
GO = """\
panic: runtime error: index out of range [3] with length 3

goroutine 17 [running]:
runtime.gopanic({0x4a5b20?, 0xc00001c0a8?})
\t/usr/local/go/src/runtime/panic.go:770 +0x132
github.com/acme/shop/billing.(*Service).Charge(0xc0000b2000, {0x4c1d2e, 0x7})
\t/go/src/app/billing/service.go:42 +0x1d
main.main.func1()
\t/go/src/app/main.go:19 +0x25
created by main.main in goroutine 1
\t/go/src/app/main.go:18 +0x5c"""
JAVA = """\
java.lang.IllegalStateException: card declined
\tat com.acme.billing.ChargeService.charge(ChargeService.java:142)
\tat com.acme.api.Checkout.lambda$handle$3(Checkout.java:58)
\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: com.acme.billing.CardException: expired
\t... 12 more"""
RUBY = """\
/app/app/services/billing.rb:142:in `charge': card declined (CardError)
\tfrom /app/app/controllers/checkout_controller.rb:58:in `block in create'
\tfrom /usr/local/bundle/gems/actionpack-7.1.2/lib/action_controller/metal.rb:224:in `dispatch'"""
DOTNET = """\
System.InvalidOperationException: card declined
   at Acme.Billing.ChargeService.Charge(Card card, Decimal amount) in /src/Billing/ChargeService.cs:line 142
   at Acme.Api.Checkout.<Handle>d__12.MoveNext() in C:\\src\\Api\\Checkout.cs:line 58
   at System.Runtime.CompilerServices.TaskAwaiter.HandleNonSuccessAndDebuggerNotification(Task task)
   at Microsoft.AspNetCore.Routing.EndpointMiddleware.Invoke(HttpContext httpContext)"""
PHP = """\
PHP Fatal error:  Uncaught CardException: card declined in /var/www/src/Billing.php:142
Stack trace:
#0 /var/www/src/Checkout.php(58): Acme\\Billing->charge(Object(Acme\\Card), 2500)
#1 /var/www/vendor/symfony/http-kernel/HttpKernel.php(163): Acme\\Checkout->handle()
#2 [internal function]: Acme\\Checkout->run()
#3 {main}"""
STACKS = {"python": PYTHON, "node": NODE, "go": GO, "java": JAVA, "ruby": RUBY, "dotnet": DOTNET, "php": PHP}
OWN = {"python": 2, "node": 3, "go": 3, "java": 2, "ruby": 2, "dotnet": 2, "php": 1}


@pytest.mark.parametrize("language", STACKS)
def test_the_frames_of_the_application_are_counted_and_no_others(language: str) -> None:
    assert frames_of(STACKS[language]).partition(":")[0] == str(OWN[language])


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "line 142", "line 150"),
        ("python", "/srv/releases/20260101/", "/srv/releases/20260215/"),
        ("python", "card 12 declined", "card 77 declined"),
        ("python", "line 289, in wrapped_f", "line 301, in another"),  # of a library
        ("node", "billing.ts:142:11", "billing.ts:150:9"),
        ("node", "chunk-4f3a9b2c1d.js:1:20433", "chunk-9c8b7a6f5e.js:1:20981"),
        ("node", "layer.js:95:5", "layer.js:99:7"),
        ("go", "0xc0000b2000, {0x4c1d2e, 0x7}", "0xc000123400, {0x4c1fff, 0x9}"),
        ("go", "goroutine 17", "goroutine 3124"),
        ("go", "service.go:42 +0x1d", "service.go:47 +0x2f"),
        ("java", "lambda$handle$3", "lambda$handle$4"),
        ("java", "ChargeService.java:142", "ChargeService.java:150"),
        ("ruby", "billing.rb:142", "billing.rb:150"),
        ("dotnet", "line 142", "line 150"),
        ("dotnet", "d__12", "d__14"),
        ("php", "Checkout.php(58)", "Checkout.php(61)"),
        ("php", "Object(Acme\\Card), 2500", "Object(Acme\\Card), 900"),
    ],
)
def test_what_a_deployment_changes_makes_no_difference(language: str, before: str, after: str) -> None:
    changed = STACKS[language].replace(before, after)

    assert changed != STACKS[language]
    assert frames_of(changed) == frames_of(STACKS[language])


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "in charge", "in refund"),
        ("python", "CardError:", "NetworkError:"),
        ("node", "handleCheckout", "handleReturn"),
        ("go", "Charge(", "Refund("),
        ("java", "ChargeService.charge", "ChargeService.refund"),
        ("java", "CardException", "NetworkException"),
        ("ruby", "`charge'", "`refund'"),
        ("dotnet", "ChargeService.Charge(", "ChargeService.Refund("),
        ("php", "->charge(", "->refund("),
    ],
)
def test_another_function_or_type_is_another_shape(language: str, before: str, after: str) -> None:
    assert frames_of(STACKS[language].replace(before, after)) != frames_of(STACKS[language])


def test_a_recursion_has_one_shape_however_deep_it_went() -> None:
    head, loop, end = (
        'Traceback:\n  File "a.py", line 1, in main\n    f()\n',
        '  File "a.py", line 2, in f\n    f()\n',
        "RecursionError: deep",
    )

    assert frames_of(head + loop * 5 + end) == frames_of(head + loop * 300 + end)


@pytest.mark.parametrize(
    "stack", [None, "", "card declined", "Error: x\n    at node:internal/timers:1:2", "at 10:30:00 (local time)", "x" * 100_000]
)
def test_no_frame_of_its_own_is_no_shape(stack: str | None) -> None:
    assert frames_of(stack) is None
