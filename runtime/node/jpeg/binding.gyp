{
  'targets': [{ 'target_name': 'sld_edge_jpeg', 'sources': ['binding.cc', 'sequential-scans.cc'], 'libraries': ['-ljpeg'] }]
}
