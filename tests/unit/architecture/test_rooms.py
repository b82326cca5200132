"""What no import contract can say."""

import grimp


def test_a_store_is_used_by_its_own_room_alone() -> None:
    graph = grimp.build_graph("dispatch", "functions", "infra")
    stores = [module for module in graph.modules if module.endswith("store")]

    strangers = {
        f"{importer} -> {store}"
        for store in stores
        for importer in graph.find_modules_that_directly_import(store)
        if not importer.startswith(store.rpartition(".")[0])
    }

    assert stores
    assert strangers == set()
