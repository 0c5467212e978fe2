"""The simulator's demo keys. They are constants and no secrets: they open nothing but a simulator on this machine."""

SIMULATOR_RIVYA_KEY = "rvya_sk_simulator_demo"
SIMULATOR_GLOBALAIOPC_KEY = "sk-simulator-demo"
SIMULATOR_OPENAI_VIDEOS_KEY = "sk-openai-simulator-demo"

RIVYA_TEST_PREFIX = "rvya_sk_test_"
GLOBALAIOPC_TEST_PREFIX = "sk-test-"
OPENAI_VIDEOS_TEST_PREFIX = "sk-openai-test-"
"""Any key with this beginning is taken, each with its own tasks and balance."""

DEMO_CREDITS = 1240.0
"""What each Rivya key starts with."""

SCOPES = (
    "models:read",
    "generations:create",
    "generations:read",
    "files:create",
    "files:read",
    "credits:read",
)
