# Rules for every plan, for conftest and OPA, checked against this output:
#
#   trueup plan --format terraform-json > plan.json
#   conftest test --policy examples/policies plan.json
#
# Most limits need no Rego: use the `policy` block of the files, which reports the line.
package main

import rego.v1

# Discoveries that are never deleted or replaced, which would delete them first.
is_protected(name) if name in {"hq-core", "dc-core"}

is_protected(name) if startswith(name, "core-")

# This many new addresses need a second reviewer.
max_new_addresses := 4096

deny contains message if {
	some resource in resource_changes
	"delete" in resource.change.actions
	is_protected(resource.name)
	message := sprintf("%s is protected, and would be deleted (%s)", [resource.name, resource.trueup.reason])
}

deny contains message if {
	# Counts above the exact range of JSON numbers are strings.
	total := sum([to_number(resource.trueup.impact.addresses_new) | some resource in resource_changes])
	total > max_new_addresses
	message := sprintf("%d new addresses are more than %d", [total, max_new_addresses])
}

# An incomplete plan does not show everything that it would do.
deny contains "the plan has errors" if input.errored

resource_changes := [resource | some resource in input.resource_changes; resource.type == "discovery"]
