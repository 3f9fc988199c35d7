# What every R script of this folder shares: the pack, row-standardised W, and how values are written.
suppressPackageStartupMessages(library(jsonlite))
options(digits = 17)

areas <- read.csv("pack/areas.csv", stringsAsFactors = FALSE)
panel <- read.csv("pack/panel.csv", stringsAsFactors = FALSE)
edges <- read.csv("pack/edges.csv", stringsAsFactors = FALSE)

# W: binary contiguity (the file has each pair once) divided by each row's sum; rows of areas without a neighbour stay zero.
n <- nrow(areas)
W <- matrix(0, n, n)
W[cbind(match(edges$from, areas$area_code), match(edges$to, areas$area_code))] <- 1
W <- pmax(W, t(W))
degree <- rowSums(W)
W[degree > 0, ] <- W[degree > 0, ] / degree[degree > 0]

# areas x periods of one panel variable
wide <- function(name) {
  periods <- sort(unique(panel$period))
  value <- matrix(NA_real_, n, length(periods), dimnames = list(areas$area_code, periods))
  value[cbind(match(panel$area_code, areas$area_code), match(panel$period, periods))] <- panel[[name]]
  value
}

named <- function(x, names) { x <- as.numeric(x); names(x) <- names; as.list(x) }

save_values <- function(values, file, packages) {
  versions <- c(R = paste(R.version$major, R.version$minor, sep = "."),
                sapply(packages, function(p) as.character(packageVersion(p))))
  write(toJSON(list(made_by = paste0("scripts/", sub("json$", "R", file)), versions = as.list(versions), values = values),
               auto_unbox = TRUE, digits = NA, pretty = TRUE, null = "null"), file.path("values", file))
}
