# BCa intervals by boot::boot.ci from the replicates that scripts/corrected_score.py made.
source("scripts/common.R")
suppressPackageStartupMessages(library(boot))

score <- fromJSON("values/corrected_score.json")$values
replicates <- as.matrix(read.csv("values/replicates.csv", check.names = FALSE))
rows <- rbind(unlist(score$coefficients)[colnames(replicates)], replicates)
call_number <- 0
made <- boot(seq_len(nrow(replicates)), function(data, i) { call_number <<- call_number + 1; rows[call_number, ] }, R = nrow(replicates))
values <- list(bca = list())
for (k in seq_len(ncol(rows))) {
  left <- score$leave_one_out[[colnames(rows)[k]]]
  # boot's influence values; their scale cancels in the acceleration.
  both <- boot.ci(made, conf = 0.95, type = "bca", index = k, L = mean(left) - left)
  values$bca[[colnames(rows)[k]]] <- both$bca[4:5]
}
save_values(values, "bootstrap.json", "boot")
