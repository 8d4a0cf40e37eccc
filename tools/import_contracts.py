"""The import rule the stock contracts cannot state: what of a module others may use."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class SurfaceContract(Contract):
    """Outside lingnan.<layer>.<module>, only that module's public files may be imported.

    `project` puts the house together and is exempt; so are tests, which may reach any models.
    """

    layers = fields.SetField(subfield=fields.StringField())
    public = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        public = {str(name) for name in self.public}  # type: ignore[attr-defined]
        layers = {str(name) for name in self.layers}  # type: ignore[attr-defined]
        broken = []
        for importer in sorted(graph.modules):
            if ".tests." in f"{importer}." or importer.startswith("lingnan.project"):
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                root, *path = imported.split(".")
                home = ".".join((root, *path[:2]))
                if (
                    path[:1]
                    and path[0] in layers
                    and path[2:]
                    and importer != home
                    and not importer.startswith(f"{home}.")
                    and path[2] not in public
                ):
                    broken.append((importer, imported))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} imports {imported}: private to its module")
