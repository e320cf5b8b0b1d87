# What no plan may do, for conftest and OPA, held against what this prints:
#
#   trueup plan --format terraform-json > plan.json
#   conftest test --policy examples/policies plan.json
#
# Most limits need no Rego: the `policy` block of the files has them, and refuses at the line.
package main

import rego.v1

# Discoveries that are never deleted, nor made anew: that deletes them first.
is_protected(name) if name in {"hq-core", "dc-core"}

is_protected(name) if startswith(name, "core-")

# So many addresses that nobody scanned before are a matter for two.
max_new_addresses := 4096

deny contains message if {
	some resource in resource_changes
	"delete" in resource.change.actions
	is_protected(resource.name)
	message := sprintf("%s is protected, and would be deleted (%s)", [resource.name, resource.trueup.reason])
}

deny contains message if {
	# Counts beyond what a number of JSON holds exactly are texts.
	total := sum([to_number(resource.trueup.impact.addresses_new) | some resource in resource_changes])
	total > max_new_addresses
	message := sprintf("%d new addresses are more than %d", [total, max_new_addresses])
}

# A plan that is not whole shows not all that it would do.
deny contains "the plan has errors" if input.errored

resource_changes := [resource | some resource in input.resource_changes; resource.type == "discovery"]
