"""Migration operations that keep tenants apart in PostgreSQL (docs/decisions/0002)."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# The sub-select makes PostgreSQL read the setting once per statement, not once per row. NULLIF: after a local
# set_config has ended, the setting is an empty string rather than NULL.
SCOPE = "(SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"


class Isolate(Operation):
    """Force row-level security on a table and tie its relations to the tenant.

    For the application role, a row exists only inside its tenant's scope; `sq_platform` has an explicit policy that
    opens every row, also to the owner, who is forced too but a member of it. Each `TenantForeignKey`
    becomes a composite constraint. The target needs a unique constraint on `(tenant, id)`.

    A table with a required relation of that kind is tied to an existing tenant through it; only the others get a
    foreign key to the tenant itself, because that one row would be locked by every insert of a busy table.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, anchored: bool = True) -> None:
        self.model_name = model_name
        self.anchored = anchored

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state does not know policies."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        schema_editor.execute(
            f"CREATE POLICY tenant_scope ON {table} TO sq_app"
            f" USING (tenant_id = {SCOPE}) WITH CHECK (tenant_id = {SCOPE})"
        )
        schema_editor.execute(f"CREATE POLICY platform ON {table} TO sq_platform USING (true) WITH CHECK (true)")
        relations = tenant_relations(model)
        for field in relations:
            schema_editor.execute(composite_key(table, field))
        if self.anchored and all(field.null for field in relations):
            schema_editor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant "
                "FOREIGN KEY (tenant_id) REFERENCES tenants_tenant (id) ON DELETE CASCADE"
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        schema_editor.execute(f"DROP POLICY tenant_scope ON {table}")
        schema_editor.execute(f"DROP POLICY platform ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Keep the tenants of {self.model_name} apart"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {} if self.anchored else {"anchored": False}


class IsolateRelation(Operation):
    """The composite constraint of one `TenantForeignKey` that was added to an isolated table later."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state does not know constraints of this shape."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(composite_key(model._meta.db_table, model._meta.get_field(self.field_name)))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table, column = model._meta.db_table, model._meta.get_field(self.field_name).column
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_tenant")

    def describe(self) -> str:
        return f"Tie {self.model_name}.{self.field_name} to the tenant"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name, self.field_name], {}


def tenant_relations(model: Any) -> list[Any]:
    return [field for field in model._meta.local_fields if type(field).__name__ == "TenantForeignKey"]


def composite_key(table: str, field: Any) -> str:
    """SQL of the constraint `(tenant_id, x_id)` → `(tenant_id, id)`, cascading or clearing as `on_delete` says."""
    action = {
        "CASCADE": "CASCADE",
        "SET_NULL": f"SET NULL ({field.column})",
    }.get(field.remote_field.on_delete.__name__, "NO ACTION")
    target = field.related_model._meta.db_table
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{field.column}_same_tenant "
        f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {target} (tenant_id, id) "
        f"ON DELETE {action}"
    )
