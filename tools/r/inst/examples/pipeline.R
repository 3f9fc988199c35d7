# From configurations to one table and one chart: what three shares of the ring fence would do to each type of area.
# Run it with the program on the PATH or named by SPILLWAY:  Rscript pipeline.R my.toml out
library(spillway)

arguments <- commandArgs(trailingOnly = TRUE)
config <- arguments[1]
folder <- arguments[2]
dir.create(folder, showWarnings = FALSE)
shares <- c(0.05, 0.10, 0.20)

# One result a share, each in its own file: one that is there is opened, not computed again.
result_of <- function(share) {
  file <- file.path(folder, sprintf("share-%02.0f.h5", 100 * share))
  if (file.exists(file)) open_run(file) else spillway_run(config, scenario = "ring_fence_10", share = share, output = file)
}

# Shares of one table: every row knows its share, scenario, outcome, group and unit.
table <- shares |>
  lapply(\(share) cbind(share = share, groups(result_of(share), "area_type", scenario = "ring_fence_10", outcome = "cumulative_uplift"))) |>
  do.call(what = rbind)
write.csv(table, file.path(folder, "by-share.csv"), row.names = FALSE)
print(table[c("share", "group", "p5", "p50", "p95", "unit")], digits = 3, row.names = FALSE)

svg(file.path(folder, "by-share.svg"), width = 7, height = 4)
types <- unique(table$group)
plot(range(shares), range(table$p5, table$p95), type = "n", xlab = "Share of the fund that is ring-fenced",
     ylab = paste0("Cumulative uplift, ", table$unit[1]))
abline(h = 0, col = "grey")
for (k in seq_along(types)) {
  of_type <- table[table$group == types[k], ]
  lines(of_type$share, of_type$p50, col = k, lwd = 2)
  segments(of_type$share, of_type$p5, y1 = of_type$p95, col = k)
}
legend("topleft", legend = types, col = seq_along(types), lwd = 2, bty = "n")
invisible(dev.off())
