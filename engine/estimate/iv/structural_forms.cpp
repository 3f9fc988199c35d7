#include "engine/estimate/iv/structural_forms.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/base/constants.hpp"
#include "engine/estimate/gemm.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"

namespace spillway {

namespace {

constexpr int kMostDegree = 2 * kRegressorOrder;

/// Columns as a design has its own: centred (or effects absorbed), weighted, with the controls out.
Eigen::MatrixXd like_design(Eigen::MatrixXd columns, const IvDesign& design, const CrossSection& data) {
  const Eigen::VectorXd weight = design.root_weight.cwiseAbs2();
  columns.rowwise() -= Eigen::RowVectorXd(weight.transpose() * columns / weight.sum());
  if (design.constant == IvDesign::Constant::absorbed)
    absorb(columns, data.fixed_effects, data.weight.size() ? weight : Eigen::VectorXd());
  columns = design.root_weight.asDiagonal() * columns;
  for (int pass = 0; pass < 2; ++pass)
    columns -= design.w * (design.w_inverse * (design.w.transpose() * columns));
  return columns;
}

/// y and s on z and w, from the cross-products of [y | s | z | w]: z's coefficients of y, then of s.
Eigen::VectorXd reduced_form(const ClusterSums& layout, const Eigen::VectorXd& packed) {
  const Eigen::Index right = layout.l + layout.p, wide = layout.columns();
  Eigen::MatrixXd cross(wide, wide);
  for (Eigen::Index j = 0; j < wide; ++j)
    for (Eigen::Index i = j; i < wide; ++i) cross(i, j) = cross(j, i) = packed(layout.offset(i, j));
  const Eigen::VectorXd scale = cross.diagonal().tail(right).cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd zz = scale.asDiagonal() * cross.bottomRightCorner(right, right) * scale.asDiagonal();
  const Eigen::MatrixXd both = scale.asDiagonal() * cross.bottomLeftCorner(right, 2);
  const Eigen::MatrixXd on_z =
      (scale.asDiagonal() * Eigen::MatrixXd(zz.ldlt().solve(both))).topRows(layout.l);
  return on_z.reshaped();
}

}  // namespace

Monomials::Monomials(Eigen::Index variables, int degree) : first_{0, 1}, factors_{{}}, parent_{0} {
  for (int d = 1; d <= degree; ++d) {
    for (Eigen::Index parent = first_[static_cast<std::size_t>(d) - 1];
         parent < first_[static_cast<std::size_t>(d)]; ++parent) {
      const std::vector<Eigen::Index> factors = factors_[static_cast<std::size_t>(parent)];
      for (Eigen::Index v = factors.empty() ? 0 : factors.back(); v < variables; ++v) {
        factors_.push_back(factors);
        factors_.back().push_back(v);
        parent_.push_back(parent);
      }
    }
    first_.push_back(static_cast<Eigen::Index>(factors_.size()));
  }
}

Eigen::Index Monomials::product(Eigen::Index i, Eigen::Index j) const {
  std::vector<Eigen::Index> both = factors_[static_cast<std::size_t>(i)];
  const auto& more = factors_[static_cast<std::size_t>(j)];
  both.insert(both.end(), more.begin(), more.end());
  std::sort(both.begin(), both.end());
  const auto from = factors_.begin() + first_[both.size()], to = factors_.begin() + first_[both.size() + 1];
  return std::lower_bound(from, to, both) - factors_.begin();
}

void Monomials::values(const Eigen::VectorXd& at, Eigen::VectorXd& made) const {
  made.resize(static_cast<Eigen::Index>(factors_.size()));
  made(0) = 1.0;
  for (std::size_t m = 1; m < factors_.size(); ++m)
    made(static_cast<Eigen::Index>(m)) = made(parent_[m]) * at(factors_[m].back());
}

StructuralForms::StructuralForms(const IvDesign& design, const CrossSection& rows, const Clusters& joint,
                                 const SpreadExpansion& spread, std::vector<Column> columns,
                                 std::vector<Form> forms, Parallelism parallelism)
    : spread_(spread), monomials_(spread.parameters(), kMostDegree), forms_(std::move(forms)) {
  const std::size_t controls = columns.size();
  for_each_block(static_cast<std::ptrdiff_t>(controls), 1, parallelism,
                 [&](std::ptrdiff_t k, std::ptrdiff_t) {
                   auto& column = columns[static_cast<std::size_t>(k)];
                   column = like_design(std::move(column), design, rows);
                 });
  for (Eigen::Index j = 0; j < design.controls; ++j) columns.emplace_back(design.w.col(j));

  // The pairs that a form needs, each once.
  const auto degree = [&](std::size_t column) {
    return columns[column].cols() == 1 ? 0 : columns[column].cols() == monomials_.count(1) ? 1 : 2;
  };
  Eigen::Index coefficients = 0;
  for (const Form& form : forms_) {
    ClusterSums layout;
    layout.k = 1;
    layout.l = static_cast<Eigen::Index>(form.instruments.size());
    layout.p = design.controls;
    std::vector<std::size_t> of = {0, form.regressor};  // [y | s | z | w]
    of.insert(of.end(), form.instruments.begin(), form.instruments.end());
    for (std::size_t j = controls; j < columns.size(); ++j) of.push_back(j);
    std::vector<std::size_t> packed;
    for (std::size_t j = 0; j < of.size(); ++j)
      for (std::size_t i = j; i < of.size(); ++i) {
        const std::size_t one = std::max(of[i], of[j]), other = std::min(of[i], of[j]);
        std::size_t pair = pair_of(one, other);
        if (pair == pairs_.size()) {
          const Eigen::Index length = monomials_.count(degree(one) + degree(other));
          pairs_.push_back({one, other, coefficients, length});
          coefficients += length;
        }
        packed.push_back(pair);
      }
    layout_.push_back(layout);
    packed_.push_back(std::move(packed));
  }

  // Rows of a cluster together: their cross-products are one product of matrices.
  std::vector<Eigen::Index> first(columns.size() + 1, 0);
  for (std::size_t k = 0; k < columns.size(); ++k) first[k + 1] = first[k] + columns[k].cols();
  const Eigen::Index wide = first.back(), clusters = joint.count();
  std::vector<std::vector<Eigen::Index>> members(static_cast<std::size_t>(clusters));
  for (std::size_t i = 0; i < rows.area.size(); ++i)
    if (const auto g = joint.of_area[static_cast<std::size_t>(rows.area[i])]; g >= 0)
      members[static_cast<std::size_t>(g)].push_back(static_cast<Eigen::Index>(i));
  std::vector<std::vector<Eigen::Index>> place(pairs_.size());  // [pair][terms of one x terms of the other]
  for (std::size_t p = 0; p < pairs_.size(); ++p)
    for (Eigen::Index i = 0; i < columns[pairs_[p].one].cols(); ++i)
      for (Eigen::Index j = 0; j < columns[pairs_[p].other].cols(); ++j)
        place[p].push_back(pairs_[p].first + monomials_.product(i, j));
  statistics_ = Eigen::MatrixXd::Zero(clusters, coefficients);
  for_each_block(clusters, 16, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    Eigen::MatrixXd block, cross(wide, wide);
    Eigen::VectorXd sum(coefficients);
    for (std::ptrdiff_t g = begin; g < end; ++g) {
      const auto& mine = members[static_cast<std::size_t>(g)];
      if (mine.empty()) continue;
      block.resize(static_cast<Eigen::Index>(mine.size()), wide);
      for (std::size_t k = 0; k < columns.size(); ++k)
        for (Eigen::Index c = 0; c < columns[k].cols(); ++c)
          for (std::size_t i = 0; i < mine.size(); ++i)
            block(static_cast<Eigen::Index>(i), first[k] + c) = columns[k](mine[i], c);
      multiply(block.data(), block.rows(), wide, block.data(), wide, cross.data());
      sum.setZero();
      for (std::size_t p = 0; p < pairs_.size(); ++p) {
        const Pair& pair = pairs_[p];
        const Eigen::Index* to = place[p].data();
        for (Eigen::Index i = first[pair.one]; i < first[pair.one + 1]; ++i)
          for (Eigen::Index j = first[pair.other]; j < first[pair.other + 1]; ++j) sum(*to++) += cross(i, j);
      }
      statistics_.row(g) = sum;
    }
  });
}

std::size_t StructuralForms::pair_of(std::size_t one, std::size_t other) const {
  const auto found = std::find_if(pairs_.begin(), pairs_.end(),
                                  [&](const Pair& pair) { return pair.one == one && pair.other == other; });
  return static_cast<std::size_t>(found - pairs_.begin());
}

void StructuralForms::evaluate(const double* weight, const Eigen::MatrixXd& spread, Eigen::MatrixXd& value,
                               Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>& status,
                               std::vector<Eigen::MatrixXd>* reduced) const {
  const Eigen::Index replicates = spread.cols(), types = spread_.point().rho.size();
  const auto forms = static_cast<Eigen::Index>(forms_.size());
  value.setConstant(forms, replicates, nan);
  status.setZero(forms, replicates);
  if (reduced != nullptr) {
    reduced->clear();
    for (const ClusterSums& layout : layout_)
      reduced->push_back(Eigen::MatrixXd::Constant(2 * layout.l, replicates, nan));
  }
  constexpr Eigen::Index step = 128;
  Eigen::MatrixXd cross(statistics_.cols(), std::min(step, replicates));
  Eigen::VectorXd monomial, of_pair(static_cast<Eigen::Index>(pairs_.size())), packed, theta;
  for (Eigen::Index first = 0; first < replicates; first += step) {
    const Eigen::Index count = std::min(step, replicates - first);
    multiply(statistics_.data(), statistics_.rows(), statistics_.cols(), weight + first * statistics_.rows(),
             count, cross.data());
    for (Eigen::Index r = 0; r < count; ++r) {
      const SpreadPoint at{spread.col(first + r).head(types), spread(types, first + r)};
      if (!at.rho.allFinite() || !(at.rho.cwiseAbs().maxCoeff() + std::abs(at.phi) < 1.0) ||
          !std::isfinite(spread_.error_bound(at, kRegressorOrder))) {
        status.col(first + r).setConstant(3);
        continue;
      }
      monomials_.values(spread_.move(at), monomial);
      for (std::size_t p = 0; p < pairs_.size(); ++p)
        of_pair(static_cast<Eigen::Index>(p)) =
            cross.col(r).segment(pairs_[p].first, pairs_[p].length).dot(monomial.head(pairs_[p].length));
      for (Eigen::Index f = 0; f < forms; ++f) {
        const auto& entries = packed_[static_cast<std::size_t>(f)];
        const ClusterSums& layout = layout_[static_cast<std::size_t>(f)];
        packed.resize(static_cast<Eigen::Index>(entries.size()));
        for (std::size_t e = 0; e < entries.size(); ++e)
          packed(static_cast<Eigen::Index>(e)) = of_pair(static_cast<Eigen::Index>(entries[e]));
        theta.resize(1 + layout.p);
        const SolveStatus solved =
            k_class_from_cross(layout, packed.data(), forms_[static_cast<std::size_t>(f)].kappa, theta);
        status(f, first + r) = static_cast<std::uint8_t>(solved);
        if (solved != SolveStatus::fine) continue;
        value(f, first + r) = theta(0);
        if (reduced != nullptr)
          (*reduced)[static_cast<std::size_t>(f)].col(first + r) = reduced_form(layout, packed);
      }
    }
  }
}

Eigen::VectorXd StructuralResampled::reduced_at_point() const {
  const Eigen::VectorXd weight = Eigen::VectorXd::Ones(forms_->clusters());
  Eigen::MatrixXd spread(forms_->point().rho.size() + 1, 1), reduced;
  spread << forms_->point().rho, forms_->point().phi;
  ReplicateBlock block;
  block.count = 1;
  block.weight = weight.data();
  block.clusters = weight.size();
  block.spread = &spread;
  evaluate_with(block, &reduced);
  return reduced.col(0);
}

void StructuralResampled::evaluate_with(ReplicateBlock& block, Eigen::MatrixXd* reduced) const {
  if (block.spread == nullptr || block.spread->cols() != block.count)
    throw std::logic_error("a structural estimate was replicated without the spread of its replicates");
  Eigen::MatrixXd value;
  Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> status;
  std::vector<Eigen::MatrixXd> of_forms;
  forms_->evaluate(block.weight, *block.spread, value, status, reduced == nullptr ? nullptr : &of_forms);
  if (reduced != nullptr) *reduced = std::move(of_forms[form_]);
  const auto form = static_cast<Eigen::Index>(form_);
  block.value = value.row(form);
  block.t.setConstant(1, block.count, nan);
  block.status.assign(static_cast<std::size_t>(block.count), 0);
  for (long r = 0; r < block.count; ++r) block.status[static_cast<std::size_t>(r)] = status(form, r);
}

}  // namespace spillway
