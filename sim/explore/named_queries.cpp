#include "sim/explore/named_queries.h"

namespace npu::sim {

const std::array<NamedQuery, 6>& named_queries() {
  static constexpr std::array<NamedQuery, 6> kQueries = {{
      {"sweeps", "sweeps of the store, with their points by status",
       "SELECT s.name AS sweep, r.engine, count(*) AS points, sum(r.status = 'done') AS done, "
       "sum(r.status = 'refused') AS refused, sum(r.status = 'failed') AS failed "
       "FROM sweeps s JOIN sweep_points p ON p.sweep = s.id JOIN results r ON r.key = p.key "
       "GROUP BY s.id, r.engine ORDER BY s.id, r.engine"},
      {"points", "every finished point with its axes, fastest first",
       "SELECT p.point, r.network, r.arch_name AS arch, p.axis_values_json AS axes, r.engine, r.cycles, "
       "r.energy, "
       "r.dram_bytes, r.utilisation_percent FROM sweep_points p JOIN results r ON r.key = p.key "
       "WHERE r.status = 'done' ORDER BY r.cycles, p.point"},
      {"fastest", "the fastest point of each network",
       "SELECT r.network, p.point, p.axis_values_json AS axes, min(r.cycles) AS cycles, r.energy "
       "FROM sweep_points p JOIN results r ON r.key = p.key WHERE r.status = 'done' AND r.engine = "
       "'estimate' "
       "GROUP BY r.network ORDER BY r.network"},
      {"front", "points that no other of their network beats in cycles and energy",
       "SELECT r.network, p.point, p.axis_values_json AS axes, r.cycles, r.energy FROM sweep_points p "
       "JOIN results r ON r.key = p.key WHERE r.status = 'done' AND r.engine = 'estimate' AND NOT EXISTS "
       "(SELECT 1 FROM sweep_points q JOIN results o ON o.key = q.key WHERE q.sweep = p.sweep AND o.network "
       "= r.network "
       "AND o.engine = r.engine AND o.status = 'done' AND o.cycles <= r.cycles AND o.energy <= r.energy "
       "AND (o.cycles < r.cycles OR o.energy < r.energy)) ORDER BY r.network, r.cycles"},
      {"errors", "points that were estimated and simulated, with the estimate's error in percent",
       "SELECT e.network, p.point, p.axis_values_json AS axes, e.cycles AS estimate_cycles, s.cycles AS "
       "systemc_cycles, "
       "round(100.0 * (e.cycles / s.cycles - 1), 3) AS error_percent FROM sweep_points p JOIN results e ON "
       "e.key = p.key "
       "JOIN sweep_points q ON q.sweep = p.sweep AND q.point = p.point JOIN results s ON s.key = q.key "
       "WHERE e.engine = 'estimate' AND s.engine = 'systemc' AND e.status = 'done' AND s.status = 'done' "
       "ORDER BY abs(e.cycles / s.cycles - 1) DESC"},
      {"refused", "points without a result, and why",
       "SELECT p.point, r.network, p.axis_values_json AS axes, r.engine, r.status, r.message FROM "
       "sweep_points p "
       "JOIN results r ON r.key = p.key WHERE r.status <> 'done' ORDER BY p.point"},
  }};
  return kQueries;
}

const NamedQuery* find_query(const std::string& name) {
  for (const NamedQuery& query : named_queries()) {
    if (name == query.name) return &query;
  }
  return nullptr;
}

}  // namespace npu::sim
